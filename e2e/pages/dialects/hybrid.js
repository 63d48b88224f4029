// The tutorials' pair: the access token in memory, the refresh token in a cookie, and the CSRF cookie's value in a header for refreshing.
const cookie = (name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1] ?? "";

export function open(api) {
  let access = "";
  const post = (path, body, headers) =>
    fetch(`${api}/accounts/${path}`, {
      method: "POST",
      credentials: "include",
      headers: { "Content-Type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });

  async function refresh() {
    const answer = await post("refresh_token", null, { "X-CSRFTOKEN": cookie("csrftoken") });
    access = answer.ok ? (await answer.json()).access_token : "";
    return answer.ok;
  }

  async function whoami() {
    const ask = () =>
      fetch(`${api}/accounts/profile`, { headers: access ? { Authorization: `Bearer ${access}` } : {} });
    let answer = await ask();
    if ((answer.status === 401 || answer.status === 403) && (await refresh())) answer = await ask();
    return answer.ok ? (await answer.json()).user.username : null;
  }

  return {
    whoami,
    async signIn({ username, password }) {
      const answer = await post("login", { username, password });
      if (!answer.ok) return "refused";
      const body = await answer.json();
      access = body.access_token;
      return body.user.username;
    },
    async signOut() {
      await post("logout", null, { "X-CSRFTOKEN": cookie("csrftoken") });
      access = "";
      return whoami();
    },
  };
}
