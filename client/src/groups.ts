import type { Core } from "./core.js";
import { AuthError } from "./errors.js";
import type { Access } from "./fetch.js";
import { type Answer, call, fetchCSRF } from "./http.js";
import { userOf } from "./refresh.js";
import { end } from "./session.js";
import type { Auth, Device, Endpoints, User } from "./types.js";

type Groups = Pick<Auth, "user" | "password" | "email" | "sessions" | "csrf">;

/** Makes the operations on one's account. Those that need a signed-in user refresh and repeat once, as `fetch` does. */
export function createGroups(core: Core, access: Access): Groups {
  const { box } = core;
  const mine = async (name: keyof Endpoints, body?: object, id = ""): Promise<Answer> => {
    if (!core.endpoints[name]) throw new AuthError("unsupported");
    let token = await access.get();
    if (!token) throw new AuthError("no_session");
    try {
      return await call(core, name, { body, id, bearer: token.access });
    } catch (error) {
      const { status, terminal } = error as AuthError;
      if (status !== 401 || !terminal) throw error;
      token = await access.after(token);
      if (!token) throw error;
      return call(core, name, { body, id, bearer: token.access });
    }
  };
  const keep = ({ body }: Answer): User => {
    const user = userOf(body);
    if (box.now.status === "authenticated" && box.now.user.id === user.id) {
      core.shown = user;
      box.set("authenticated", { ...box.now, user } as object);
    }
    return user;
  };
  const anybody = async (name: keyof Endpoints, body: object): Promise<void> => void (await call(core, name, { body }));

  return {
    user: {
      get: async () => keep(await mine("me")),
      update: async (fields) => keep(await mine("updateMe", fields)),
      async remove(current) {
        await mine("removeMe", { current });
        void end(core, "user_deleted", true);
      },
    },
    password: {
      change: async (input) => void (await mine("changePassword", input)),
      requestReset: (email) => anybody("requestReset", { email }),
      confirmReset: (input) => anybody("confirmReset", input),
    },
    email: {
      verify: (input) => anybody("verifyEmail", input),
      resend: (email) => anybody("resendEmail", { email }),
      change: async ({ currentPassword, email }) =>
        void (await mine("changeEmail", { current: currentPassword, address: email })),
    },
    sessions: {
      list: async () => (await mine("sessions")).body as unknown as Device[],
      rename: async (id, label) => void (await mine("renameSession", { label }, id)),
      async revoke(id) {
        await mine("revokeSession", undefined, id);
        if (id === box.now.session?.id) void end(core, "ended_by_user", true);
      },
      revokeOthers: async () => void (await mine("revokeOthers")),
    },
    csrf: { token: async () => core.csrf ?? (await fetchCSRF(core)) ?? "" },
  };
}
