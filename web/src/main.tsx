import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "@/api/queries";
import { reloadOnce } from "@/api/reload";
import { newRouter } from "@/routes/router";
import "./styles.css";

// After an update the scripts of the page that is still open are gone: the new page knows the new names.
addEventListener("vite:preloadError", () => { void reloadOnce(import.meta.url); });

const queries = newQueryClient();
const place = document.getElementById("root");
if (place)
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={newRouter(queries)} />
      </QueryClientProvider>
    </StrictMode>,
  );
