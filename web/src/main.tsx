import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "@/api/queries";
import { newRouter } from "@/routes/router";
import "./styles.css";

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
