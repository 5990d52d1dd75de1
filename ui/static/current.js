// Returns the chat that this tab showed before it was reloaded, if this browser has stored it.
() => {
  try {
    const id = sessionStorage.getItem("article-qa.current");
    return [JSON.stringify(JSON.parse(localStorage.getItem(`article-qa.chat.${id}`)).turns)];
  } catch {
    return [""];
  }
}
