// The captions after a connection was lost: what was said when it broke off is known to the server.

// The page's lines as the server has them now, without those turns that came since (`fresh`, of Conversation): they
// are shown as they go on. null: the conversation has ended meanwhile.
export async function keptLines(fresh) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const known = fresh().map(({ text, unheard, phrases }) =>
    letters(text + unheard + phrases.map((phrase) => phrase.text).join("")));
  return [...page.querySelectorAll('[data-part="turns"] > li')]
    .filter((line) => !known.some((text) => text && wordsOf(line).startsWith(text)))
    .map((line) => document.importNode(line, true));
}

// All words of a caption, heard or not, without the spaces between them.
export function wordsOf(line) {
  return letters(line.querySelector(".said").textContent + line.querySelector("del").textContent);
}

function letters(text) {
  return text.replace(/\s+/g, "");
}
