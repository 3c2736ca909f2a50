import { useId, useRef, type KeyboardEvent, type ReactNode } from "react";

type Props = { label: string; button: ReactNode; buttonClass: string; children: ReactNode; align?: "start" | "end" };

/**
 * A button that opens a menu: the browser's popover, so it closes on Escape and on a click elsewhere. Put links and
 * buttons inside; arrows move between them.
 */
export function Menu({ label, button, buttonClass, children, align = "start" }: Props) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  return (
    <>
      <button ref={opener} type="button" popoverTarget={id} aria-label={label} aria-haspopup="true" className={buttonClass}>
        {button}
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        onToggle={(event) => { if (event.newState === "open") place(opener.current, box.current, align); }}
        onKeyDown={(event) => { moveFocus(event, box.current); }}
        onClick={() => box.current?.hidePopover()}
        className="panel max-h-[70vh] min-w-52 max-w-[calc(100vw-1rem)] overflow-y-auto p-1 shadow-high"
      >
        {children}
      </div>
    </>
  );
}

export const menuItem =
  "flex w-full items-center gap-2.5 rounded-md px-2.5 py-1.5 text-left text-base hover:bg-over focus-visible:bg-over aria-[current]:font-medium";

function place(opener: HTMLElement | null, box: HTMLElement | null, align: "start" | "end"): void {
  if (!opener || !box) return;
  const around = opener.getBoundingClientRect();
  const left = align === "start" ? around.left : around.right - box.offsetWidth;
  const below = around.bottom + 6;
  const fits = below + box.offsetHeight <= innerHeight - 8 || around.top < box.offsetHeight;
  box.style.left = `${String(Math.max(8, Math.min(left, innerWidth - box.offsetWidth - 8)))}px`;
  box.style.top = `${String(fits ? below : around.top - box.offsetHeight - 6)}px`;
  box.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
}

function moveFocus(event: KeyboardEvent, box: HTMLElement | null): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !box) return;
  event.preventDefault();
  const items = [...box.querySelectorAll<HTMLElement>("a, button")];
  const at = items.findIndex((item) => item === document.activeElement);
  items[(at + by + items.length) % items.length]?.focus();
}
