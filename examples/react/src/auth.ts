import { createAuth } from "@cartouche/client";

/** The one client of the app. It lives outside React, so no re-mount can double it. */
export const auth = createAuth({ baseUrl: "/auth" });

declare module "@cartouche/client" {
  interface User {
    email?: string;
    first_name?: string;
    last_name?: string;
  }
}
