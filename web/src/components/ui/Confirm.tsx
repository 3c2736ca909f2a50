import type { ReactNode } from "react";
import { common } from "@/messages";
import { Button } from "./Button";
import { Dialog, DialogActions } from "./Dialog";
import { ErrorNotice } from "./ErrorNotice";

type Props = {
  title: string;
  /** What happens, in a sentence or two. */
  children: ReactNode;
  action: string;
  open: boolean;
  look?: "danger" | "first";
  busy?: boolean;
  error?: Error | null;
  onConfirm: () => void;
  onClose: () => void;
};

/** One question before something that is felt by others. What cannot be taken back asks with TypedConfirm. */
export function Confirm({ title, children, action, open, look = "danger", busy = false, error, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <div className="text-pretty text-soft">{children}</div>
      {error && <ErrorNotice error={error} />}
      <DialogActions>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button look={look} busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
