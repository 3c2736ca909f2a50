import { z } from "zod";

// zod would try `new Function` to see whether it may; our Content-Security-Policy forbids it and reports the attempt.
z.config({ jitless: true });

export { z };
