import { useState, type ReactNode } from "react";
import { common } from "@/messages";
import { Button } from "./Button";
import { Dialog, DialogActions } from "./Dialog";
import { ErrorNotice } from "./ErrorNotice";
import { Field } from "./Field";
import { Input } from "./Input";

type Props = {
  title: string;
  /** What happens, in a sentence or two. */
  children: ReactNode;
  /** What must be typed. */
  name: string;
  action: string;
  open: boolean;
  busy?: boolean;
  error?: Error | null;
  onConfirm: () => void;
  onClose: () => void;
};

/** For what cannot be taken back easily: the name of the thing has to be typed first. */
export function TypedConfirm(props: Props) {
  return (
    <Dialog title={props.title} open={props.open} onClose={props.onClose}>
      <Typing {...props} />
    </Dialog>
  );
}

function Typing({ children, name, action, busy = false, error, onConfirm, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const right = typed.trim() === name;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (right && !busy) onConfirm();
      }}
    >
      <div className="text-soft">{children}</div>
      <Field label={common.typeToConfirm(name)}>
        <Input autoComplete="off" spellCheck={false} value={typed} onChange={(event) => { setTyped(event.target.value); }} />
      </Field>
      {error && <ErrorNotice error={error} />}
      <DialogActions>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="danger" disabled={!right} busy={busy}>
          {action}
        </Button>
      </DialogActions>
    </form>
  );
}
