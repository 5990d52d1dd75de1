"""The library as an MCP server, called by the official client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.browsing import served
from tests.conftest import ROOT
from ui.access import Access
from ui.cli import main

pytest.importorskip("mcp", reason="mcp is not installed: run pip install -e '.[mcp]'")
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

QUESTION = "Who condemned the missile launch?"


def started(home: Path) -> StdioServerParameters:
    arguments = ["-m", "ui.cli", "mcp", "--home", str(home)]
    return StdioServerParameters(
        command=sys.executable, args=arguments, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


async def called(client: Client, tool: str, **arguments: object) -> object:
    """What a tool gives, as a program gets it: from JSON."""
    given = await client.call_tool(tool, arguments)
    assert not given.is_error, given
    structured = given.structured_content
    return structured.get("result", structured)


async def refused(client: Client, tool: str, **arguments: object) -> str:
    given = await client.call_tool(tool, arguments)
    assert given.is_error
    (content,) = given.content
    return content.text


async def test_a_desktop_client_asks_searches_and_reads(seeds_home, qa):
    async with Client(started(seeds_home)) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask", "search", "read_article"]
        assert all(tool.description and tool.annotations.read_only_hint for tool in tools)

        answer = await called(client, "ask", question=QUESTION)
        assert answer["text"] == qa.ask(QUESTION).text
        cited = answer["citations"][0]
        article = await called(client, "read_article", article_id=cited["article_id"])
        assert article["text"][cited["start"] : cited["end"]] == cited["quote"]
        assert article["next"] is None

        found = await called(client, "search", words="missile launch", source=["TDI"], k=3)
        assert 1 <= len(found) <= 3
        assert {each["source"] for each in found} == {"TDI"}
        read = await called(
            client, "read_article", article_id=found[0]["article_id"], start=found[0]["start"]
        )
        assert read["text"].startswith(found[0]["text"])


async def test_what_goes_wrong_is_one_line_for_the_model(qa):
    with served(qa) as url:
        async with Client(f"{url}/mcp") as client:
            line = await refused(client, "ask", question="")
            assert line.endswith(": the question is empty; ask something")
            assert "'soon' is not a date" in await refused(
                client, "ask", question="why?", after="soon"
            )
            assert "no article 'x'" in await refused(client, "read_article", article_id="x")
            assert (await called(client, "ask", question="What is the capital of Peru?"))["refused"]


async def test_over_http_the_same_sign_in_is_asked_for(qa):
    with served(qa, Access(("ada:secret",))) as url:
        assert httpx.post(f"{url}/mcp", json={}).status_code == 401
        from httpx2 import AsyncClient

        async with AsyncClient(auth=("ada", "secret")) as signed_in:
            transport = streamable_http_client(f"{url}/mcp", http_client=signed_in)
            async with Client(transport) as client:
                assert len((await client.list_tools()).tools) == 3


def test_nothing_but_mcp_comes_out_of_standard_output(seeds_home):
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    }
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": QUESTION}},
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    server = started(seeds_home)
    with subprocess.Popen(
        [server.command, *server.args],
        env=server.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write("".join(json.dumps(each) + "\n" for each in (hello, ready, call)))
        process.stdin.flush()
        lines = [json.loads(process.stdout.readline()) for _ in (hello, call)]
        rest, complaints = process.communicate(timeout=30)
    assert [line["id"] for line in lines] == [1, 2]
    assert lines[1]["result"]["structuredContent"]["citations"]
    assert (rest, complaints, process.returncode) == ("", "", 0)


def test_a_missing_package_is_one_clear_line(seeds_home, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    assert main(["mcp", "--home", str(seeds_home)]) == 2
    assert (
        capsys.readouterr().err == "error: MCP needs another package: run pip install -e '.[mcp]'\n"
    )
