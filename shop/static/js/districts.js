// The districts of a city as soon as it is chosen. Without this file there is a button.
export function improve(group) {
  const city = group.querySelector("select"), before = [...city.options].find(o => o.defaultSelected)?.value ?? "";
  const fetched = async () => {
    const step = group.dataset.step;
    const form = group.closest("form"), body = new FormData(form);
    body.set("step", step);
    group.setAttribute("aria-busy", "true");
    const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
    group.removeAttribute("aria-busy");
    if (!answer) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(`[data-step="${step}"]`);
    if (!fresh) return;
    group.replaceChildren(...fresh.children);
    (group.querySelectorAll("select")[1] ?? group.querySelector("select")).focus();
  };
  group.addEventListener("change", e => { if (e.target === group.querySelector("select")) fetched(); });
  if (city.value !== before) fetched();          // chosen before this file was here
}
