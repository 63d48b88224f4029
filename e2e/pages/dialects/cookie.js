// drf-jwt-httponly-cookie: nothing in the script's hands but the masked CSRF token, which it asks for after each sign-in.
export function open(api) {
  let csrf = "";
  const ask = (method, path, body) =>
    fetch(`${api}/accounts/${path}`, {
      method,
      credentials: "include",
      headers: { "Content-Type": "application/json", ...(method === "GET" ? {} : { "X-CSRFToken": csrf }) },
      body: body && JSON.stringify(body),
    });

  async function askToken() {
    csrf = (await (await ask("GET", "csrf_token/")).json()).token;
  }

  async function whoami() {
    let answer = await ask("GET", "user/");
    if (answer.status === 401 && (await ask("POST", "auth/refresh_token/")).ok) answer = await ask("GET", "user/");
    return answer.ok ? (await answer.json()).username : null;
  }

  return {
    whoami,
    async start() {
      await askToken();
      return whoami();
    },
    async signIn({ username, password }) {
      const answer = await ask("POST", "auth/login/", { username, password });
      if (!answer.ok) return "refused";
      await askToken();
      return whoami();
    },
    async signOut() {
      await askToken();
      await ask("POST", "auth/logout/");
      return whoami();
    },
  };
}
