import { useState } from "react";
import type { RunnerView } from "@/api/types";
import { toast } from "@/components/toast";
import { Button } from "@/components/ui/Button";
import { Confirm } from "@/components/ui/Confirm";
import { operator } from "@/messages";
import { useDrain } from "./queries";

const t = operator.runners;

export function Drain({ runner: { runnerId, draining } }: { runner: RunnerView }) {
  const [open, setOpen] = useState(false);
  const drain = useDrain();
  const done = () => {
    setOpen(false);
    toast(draining ? t.undrained(runnerId) : t.drained(runnerId));
  };
  const label = draining ? t.undrainOf(runnerId) : t.drainOf(runnerId);
  return (
    <>
      <Button size="small" aria-label={label} onClick={() => { drain.reset(); setOpen(true); }}>
        {draining ? t.undrain : t.drain}
      </Button>
      <Confirm
        title={`${label}?`}
        action={draining ? t.undrain : t.drain}
        open={open}
        busy={drain.isPending}
        error={drain.error}
        onClose={() => { setOpen(false); }}
        onConfirm={() => { drain.mutate({ runnerId, draining: !draining }, { onSuccess: done }); }}
      >
        {draining ? t.undrainText : t.drainText}
      </Confirm>
    </>
  );
}
