import { Copyable } from "./Copyable";
import { Notice } from "./Notice";

/** A secret at the one moment it is known; the console keeps it nowhere. */
export function SecretReveal({ secret, what, warning }: { secret: string; what: string; warning: string }) {
  return (
    <div className="grid gap-3">
      <Notice tone="warn">{warning}</Notice>
      <div className="rounded-lg border border-line bg-code px-3 py-1.5">
        <Copyable text={secret} what={what} className="w-full justify-between" />
      </div>
    </div>
  );
}
