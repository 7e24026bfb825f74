// Suggestions while typing. Without this file the search page answers.
export function improve(form) {
  const box = form.querySelector("input[type=search]");
  const list = document.createElement("datalist");
  list.id = "suggestions";
  form.append(list);
  box.setAttribute("list", list.id);
  let wait, last = "";
  box.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const q = box.value.trim();
      if (q.length < 2 || q === last) return;
      last = q;
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(q)}`).catch(() => null);
      if (!answer?.ok) return;
      const words = await answer.json();
      if (q === last) list.replaceChildren(...words.map(word => Object.assign(document.createElement("option"), { value: word })));
    }, 200);
  });
}
