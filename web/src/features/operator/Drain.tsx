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
  // The question stays what it was asked as, also for the moment in which the runner has changed already.
  const [wanted, want] = useState(!draining);
  const drain = useDrain();
  const done = () => {
    setOpen(false);
    toast(wanted ? t.drained(runnerId) : t.undrained(runnerId));
  };
  const label = (to: boolean) => (to ? t.drainOf(runnerId) : t.undrainOf(runnerId));
  return (
    <>
      <Button size="small" aria-label={label(!draining)} onClick={() => { drain.reset(); want(!draining); setOpen(true); }}>
        {draining ? t.undrain : t.drain}
      </Button>
      <Confirm
        title={`${label(wanted)}?`}
        action={wanted ? t.drain : t.undrain}
        open={open}
        busy={drain.isPending}
        error={drain.error}
        onClose={() => { setOpen(false); }}
        onConfirm={() => { drain.mutate({ runnerId, draining: wanted }, { onSuccess: done }); }}
      >
        {wanted ? t.drainText : t.undrainText}
      </Confirm>
    </>
  );
}
