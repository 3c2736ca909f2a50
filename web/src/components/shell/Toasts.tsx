import { CircleAlert, CircleCheck, X } from "lucide-react";
import { announcement } from "@/components/announce";
import { dismiss, toasts } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { useStore } from "@/lib/store";
import { common } from "@/messages";

export function Toasts() {
  const shown = useStore(toasts);
  const said = useStore(announcement);
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-40 grid justify-items-end gap-2">
      <span className="sr-only">{said}</span>
      {shown.map((one) => (
        <div key={one.id} className="panel pointer-events-auto flex max-w-sm items-center gap-3 py-2 pr-2 pl-3.5 shadow-high">
          {one.warns ? <CircleAlert size={16} aria-hidden className="shrink-0 text-bad" /> : <CircleCheck size={16} aria-hidden className="shrink-0 text-good" />}
          <span className="min-w-0">{one.text}</span>
          <Button look="bare" size="squareSmall" aria-label={common.close} onClick={() => { dismiss(one.id); }}>
            <X size={14} />
          </Button>
        </div>
      ))}
    </div>
  );
}
