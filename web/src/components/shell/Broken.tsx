import { Component, useEffect, useState, type ReactNode } from "react";
import { asApiError, unreachable } from "@/api/errors";
import { answers } from "@/api/reload";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Button } from "@/components/ui/Button";
import { shell } from "@/messages";

const AGAIN_MILLISECONDS = 3000;

/** A page that cannot be shown. If that is so because the plane does not answer, it is loaded when it answers again. */
export function Broken({ error }: { error: unknown }) {
  const away = useAway();
  return (
    <div className="mx-auto grid max-w-xl gap-4 py-16">
      <h1 className="text-xl font-semibold">{away ? shell.away.title : shell.broken.title}</h1>
      <p className="text-soft">{away ? shell.away.text : shell.broken.text}</p>
      <ErrorNotice error={away ? unreachable() : asApiError(error)} />
      {!away && (
        <div>
          <Button look="first" onClick={() => { location.reload(); }}>
            {shell.broken.reload}
          </Button>
        </div>
      )}
    </div>
  );
}

function useAway(): boolean {
  const [away, setAway] = useState(false);
  useEffect(() => {
    const gone = new AbortController();
    const look = async (was: boolean) => {
      const here = await answers();
      if (gone.signal.aborted) return;
      if (here && was) location.reload();
      if (here) return;
      setAway(true);
      const timer = setTimeout(() => void look(true), AGAIN_MILLISECONDS);
      gone.signal.addEventListener("abort", () => { clearTimeout(timer); });
    };
    void look(false);
    return () => { gone.abort(); };
  }, []);
  return away;
}

/** Keeps a fault of one page from taking the navigation with it; `place` tells when one has gone elsewhere. */
export class Boundary extends Component<{ place: string; children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate(before: { place: string }) {
    if (before.place !== this.props.place && this.state.error) this.setState({ error: null });
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}
