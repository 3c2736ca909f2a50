// Where a person was going, kept while a mail is under way.

const NAME = "next";

export function keep(next) {
  localStorage.setItem(NAME, next);
}

/** What was kept, once; null when nothing was. */
export function take() {
  const next = localStorage.getItem(NAME);
  localStorage.removeItem(NAME);
  return next;
}
