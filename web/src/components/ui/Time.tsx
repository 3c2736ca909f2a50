import { useEffect, useState } from "react";
import { inWords, relative } from "@/lib/time";

const AGAIN_MILLISECONDS = 30_000;

/** A moment with its zone. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} className="tabular-nums">
      {inWords(at)}
    </time>
  );
}

/** `3 minutes ago`, kept true; the moment itself on hover. */
export function RelativeTime({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => { setNow(Date.now()); }, AGAIN_MILLISECONDS);
    return () => { clearInterval(timer); };
  }, []);
  return (
    <time dateTime={at} title={inWords(at)} className="whitespace-nowrap">
      {relative(at, now)}
    </time>
  );
}
