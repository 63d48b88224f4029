// The jQuery page: both tokens in cookies of the script's own, forms, and a classic session that is brought into step after each load.
import jQuery from "/app/vendor/jquery.js";

const day = 24 * 3600;
const cookie = (name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1] ?? "";
const keep = (name, value, life) => {
  // biome-ignore lint/suspicious/noDocumentCookie: as such pages do it
  document.cookie = `${name}=${value}; path=/${life ? `; max-age=${life}` : ""}`;
};

export function open(api) {
  const post = (path, data) => jQuery.post(`${api}/auth/${path}`, data);
  const quietly = async (request) => {
    try {
      return (await request) ?? {};
    } catch {
      return null;
    }
  };

  // Brings the classic session into step with the tokens.
  async function classic(user, token) {
    const data = { user, access_token: token, csrfmiddlewaretoken: cookie("csrftoken") };
    document.body.dataset.classic = await post("", data);
  }

  async function whoami() {
    if (!(await quietly(post("jwt/verify/", { token: cookie("access_token") })))) {
      const fresh = await quietly(post("jwt/refresh/", { refresh: cookie("refresh_token") }));
      keep("access_token", fresh?.access ?? "", fresh ? 30 * day : -1);
      if (!fresh) {
        await classic("", "");
        return null;
      }
    }
    const token = cookie("access_token");
    const me = await jQuery.ajax({ url: `${api}/auth/users/me/`, headers: { Authorization: `JWT ${token}` } });
    await classic(me.username, token);
    return me.username;
  }

  return {
    whoami,
    async signIn({ username, password, remember }) {
      const tokens = await quietly(post("jwt/create/", { username, password }));
      if (!tokens) return "refused";
      for (const name of ["access", "refresh"]) keep(`${name}_token`, tokens[name], remember ? 30 * day : 0);
      return whoami();
    },
    async signOut() {
      for (const name of ["access", "refresh"]) keep(`${name}_token`, "", -1);
      await classic("", "");
      return null;
    },
  };
}
