import { Component, type ReactNode } from "react";
import { asApiError } from "@/api/errors";
import { ErrorNotice } from "@/components/ui/ErrorNotice";
import { Button } from "@/components/ui/Button";
import { shell } from "@/messages";

export function Broken({ error }: { error: unknown }) {
  return (
    <div className="mx-auto grid max-w-xl gap-4 py-16">
      <h1 className="text-xl font-semibold">{shell.broken.title}</h1>
      <p className="text-soft">{shell.broken.text}</p>
      <ErrorNotice error={asApiError(error)} />
      <div>
        <Button look="first" onClick={() => { location.reload(); }}>
          {shell.broken.reload}
        </Button>
      </div>
    </div>
  );
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
