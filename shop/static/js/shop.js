// Every page works without this file. It only saves a reload or a tap.
const digits = s => s.replace(/[۰-۹٠-٩]/g, d => String(d.charCodeAt(0) & 15)).replace(/[０-９]/g, d => String(d.charCodeAt(0) - 0xFF10));
const say = n => document.documentElement.lang.startsWith("fa") ? String(n).replace(/\d/g, d => "۰۱۲۳۴۵۶۷۸۹"[d]) : String(n);
for (const e of document.querySelectorAll("[data-step][hidden], [data-print][hidden]")) e.hidden = false;
if (navigator.clipboard) for (const e of document.querySelectorAll("[data-copy][hidden]")) e.hidden = false;
document.querySelector("[data-focus]")?.focus();
addEventListener("load", () => document.querySelector("form[data-send]")?.submit());   // the way to the bank: without it there is the button

document.addEventListener("click", e => {
  const step = e.target.closest(".qty [data-step]");
  if (step) {                                    // stepper: without it each button is a submit
    const f = step.parentElement.querySelector("input");
    const was = +digits(f.value) || 1;
    const n = Math.min(+f.dataset.max || 99, Math.max(1, was + +step.dataset.step));
    f.value = say(n); e.preventDefault();
    if (step.type === "submit" && n !== was) f.form.requestSubmit(f.form.querySelector("[name=update]"));
  }
  const thumb = e.target.closest(".thumbs a");
  if (thumb) {                                   // gallery: without it the thumb is a link to that picture
    const big = document.querySelector(".gallery .big img"), small = thumb.querySelector("img");
    if (small.srcset) big.srcset = small.srcset;
    big.src = small.src; big.alt = thumb.getAttribute("aria-label");
    document.querySelector(".thumbs [aria-current]")?.removeAttribute("aria-current");
    thumb.setAttribute("aria-current", "true"); e.preventDefault();
  }
  const copy = e.target.closest("[data-copy]");
  if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => { copy.nextElementSibling.textContent = copy.lastChild.textContent = copy.dataset.done; });
  if (e.target.closest("[data-print]")) print();
});
document.addEventListener("submit", e => {       // two clicks are one order anyway; this only looks calmer
  const b = e.submitter;
  if (b?.matches("[data-once]")) setTimeout(() => { b.setAttribute("aria-busy", "true"); b.setAttribute("aria-disabled", "true"); });
  if (e.target.dataset.busy) e.preventDefault();
  if (b?.matches("[data-once]")) e.target.dataset.busy = "1";
});
addEventListener("pageshow", () => {             // back from the bank: buttons work again
  for (const b of document.querySelectorAll("[aria-busy]")) { b.removeAttribute("aria-busy"); b.removeAttribute("aria-disabled"); delete b.form.dataset.busy; }
});
document.addEventListener("change", e => {
  const form = e.target.form;
  if (e.target.matches(".line .qty input")) form.requestSubmit(form.querySelector("[name=update]"));
  else if (form?.matches("[data-auto]") && !e.target.matches(".range input")) form.requestSubmit();   // filters and sort: without it there is a button
});
for (const e of document.querySelectorAll("[data-module]")) {   // what only some pages need is fetched when it is touched
  const wake = () => {                           // "change": filled in by the browser itself, without a focus
    for (const kind of ["focusin", "change"]) e.removeEventListener(kind, wake);
    import(e.dataset.module).then(m => m.improve(e));
  };
  for (const kind of ["focusin", "change"]) e.addEventListener(kind, wake);
}
for (const c of document.querySelectorAll("[data-ends]")) {   // sale clock: the page also says the end time in words
  const tick = () => {
    let s = Math.max(0, (Date.parse(c.dataset.ends) - Date.now()) / 1000 | 0);
    const p = [s / 3600 | 0, (s / 60 | 0) % 60, s % 60].map(x => say(String(x).padStart(2, "0")));
    c.querySelectorAll("span").forEach((n, i) => { n.textContent = p[i]; });
    if (s) setTimeout(tick, 1000);
  };
  tick();
}
const wait = document.documentElement.dataset;     // without it a page that waits reloads
if (wait.again) import(wait.watch).then(m => m.watch(wait));
