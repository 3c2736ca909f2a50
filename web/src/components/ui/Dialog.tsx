import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { common } from "@/messages";
import { Button } from "./Button";

const LOOKS = 10;
const LOOK_MILLISECONDS = 100;
type Props = { title: string; open: boolean; onClose: () => void; children: ReactNode; wide?: boolean };

/** The browser's own modal dialog: it traps the focus, closes on Escape, and gives the focus back. */
export function Dialog({ title, open, onClose, children, wide = false }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = box.current;
    if (!open || !dialog) return;
    if (!dialog.open) dialog.showModal();
    return () => {
      dialog.close();
      keepFocus();
    };
  }, [open]);
  return (
    <dialog
      ref={box}
      aria-labelledby={heading}
      onClose={onClose}
      className={`panel w-full ${wide ? "max-w-[min(42rem,calc(100vw-2rem))]" : "max-w-[min(28rem,calc(100vw-2rem))]"} shadow-high`}
    >
      {open && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 p-6">
          <div className="flex items-start justify-between gap-4">
            <h2 id={heading} className="text-lg font-semibold">
              {title}
            </h2>
            <Button look="bare" size="squareSmall" aria-label={common.close} className="-m-1.5" onClick={onClose}>
              <X size={16} />
            </Button>
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}

/** The row of buttons at the end of a dialog, the main one last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-1 flex flex-wrap justify-end gap-2">{children}</div>;
}

/** What opened it may be gone a moment later, such as the row that was deleted: then reading goes on at the page's beginning. */
function keepFocus(looks = LOOKS): void {
  if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  else if (looks) setTimeout(() => { keepFocus(looks - 1); }, LOOK_MILLISECONDS);
}
