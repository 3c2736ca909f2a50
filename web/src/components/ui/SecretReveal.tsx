import { CopyButton } from "./Copyable";
import { Notice } from "./Notice";

/** A secret at the one moment it is known; the console keeps it nowhere. */
export function SecretReveal({ secret, what, warning }: { secret: string; what: string; warning: string }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <Notice tone="warn">{warning}</Notice>
      <div className="flex gap-2 rounded-lg border border-line bg-code py-1.5 pr-1.5 pl-3.5">
        <code className="min-w-0 flex-1 py-1.5 font-mono text-sm break-all select-all">{secret}</code>
        <CopyButton text={secret} what={what} />
      </div>
    </div>
  );
}
