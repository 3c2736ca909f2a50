import { common } from "@/messages";

/** One shape for everything that can go wrong between the console and the plane. */
export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** snake_case, to switch on. */
  readonly code: string;
  readonly details: Record<string, unknown>;
  /** What the plane's own log calls this request; empty when it never arrived. */
  readonly requestId: string;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}, requestId = "") {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = requestId;
  }

  /** What is wrong with which field of the request, in the order found. */
  get fields(): { field: string; message: string }[] {
    const errors = this.details.errors;
    return Array.isArray(errors) ? (errors as { field: string; message: string }[]) : [];
  }

  /** Whether asking again can help: no answer, or the plane's own fault. */
  get passes(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export function unreachable(): ApiError {
  return new ApiError(0, "unreachable", common.unreachable);
}

/** The refusal in `response`, whose body was read as `body`. */
export function refusal(response: Response, body: unknown): ApiError {
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new ApiError(
    response.status,
    typeof said.code === "string" ? said.code : "internal_error",
    typeof said.message === "string" ? said.message : common.unreadable,
    (said.details ?? {}) as Record<string, unknown>,
    response.headers.get("x-request-id") ?? "",
  );
}

/** Anything that was thrown, as an ApiError. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "unexpected", error instanceof Error ? error.message : common.unreadable);
}
