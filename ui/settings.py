"""The settings of the chat window."""

from __future__ import annotations

from pydantic import Field, SecretStr

from rag.settings import EnvironmentSettings


class WindowSettings(EnvironmentSettings):
    """Where the window listens, who may sign in, and how much visitors may upload."""

    host: str = Field("127.0.0.1", description="the address on which the chat window listens")
    port: int = Field(7860, ge=0, le=65535, description="the port of the chat window")
    auth: SecretStr = Field(
        SecretStr(""),
        description="who may sign in to the chat window: `user:password`, several separated by commas",
    )
    upload_limit: int = Field(
        20, ge=1, le=50, description="the largest file that can be uploaded, in megabytes"
    )
    upload_total: int = Field(
        2000, ge=1, description="the size of all uploaded files together, in megabytes"
    )
