// A page that waits asks for itself again and changes only with news. `again` is its address, `every` are seconds.
const words = page => page.querySelector("main").textContent;

export function watch({ again, every }) {
  const later = url => setTimeout(look, every * 1000, url);
  const look = async url => {
    try {
      const answer = await fetch(url);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const { again: ahead } = next.documentElement.dataset;
      if (!ahead || words(next) !== words(document)) return location.replace(answer.url);
      later(ahead);
    } catch {
      later(url);
    }
  };
  later(again);
}
