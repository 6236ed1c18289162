// The captions after a connection was lost: what was said when it broke off is known to the server.

// What the server has now: { lines } of the page, or { ended: true }, or { signin: true }; {} when it can't be
// had. `report` is the path of the conversation's report: that is where the page of one that has ended leads.
export async function keptCaptions(report) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const path = new URL(answer.url).pathname;
    if (path === report) return { ended: true };
    if (!answer.ok) return {};
    if (path !== location.pathname) return { signin: true };
    return linesOf(await answer.text());
  } catch {
    return {};
  }
}

function linesOf(text) {
  const list = new DOMParser().parseFromString(text, "text/html").querySelector('[data-part="turns"]');
  return list ? { lines: [...list.children].map((line) => document.importNode(line, true)) } : {};
}
