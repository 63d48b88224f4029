// The old djangorestframework-jwt: one token in localStorage, exchanged while it lives, until a week after the sign-in.
import { jwtDecode } from "/vendor/jwt-decode.js";

export function open(api) {
  const token = () => localStorage.getItem("token") ?? "";
  async function exchange(path, body) {
    const answer = await fetch(`${api}/auth/${path}/`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    localStorage.setItem("token", answer.ok ? (await answer.json()).token : "");
    return answer.ok;
  }

  async function whoami() {
    if (!token()) return null;
    const { exp } = jwtDecode(token());
    if (exp * 1000 - Date.now() < 120_000 && !(await exchange("refresh-token", { token: token() }))) return null;
    const answer = await fetch(`${api}/auth/users/me/`, { headers: { Authorization: `JWT ${token()}` } });
    return answer.ok ? (await answer.json()).username : null;
  }

  return {
    whoami,
    signIn: async ({ username, password }) =>
      (await exchange("get-token", { username, password })) ? whoami() : "refused",
    async signOut() {
      localStorage.removeItem("token"); // that system has no other way
      return whoami();
    },
  };
}
