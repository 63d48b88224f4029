// dj-rest-auth with HttpOnly cookies: axios with credentials, and the CSRF cookie of Django in a header.
import axios from "/vendor/axios.js";

export function open(api) {
  const http = axios.create({
    baseURL: `${api}/dj-rest-auth/`,
    withCredentials: true,
    withXSRFToken: true,
    xsrfCookieName: "csrftoken",
    xsrfHeaderName: "X-CSRFToken",
    validateStatus: () => true,
  });

  async function whoami() {
    let answer = await http.get("user/");
    if (answer.status === 401 && (await http.post("token/refresh/", {})).status === 200)
      answer = await http.get("user/");
    return answer.status === 200 ? answer.data.username : null;
  }

  return {
    whoami,
    async signIn({ username, password }) {
      const answer = await http.post("login/", { username, password });
      return answer.status === 200 ? answer.data.user.username : "refused";
    },
    async signOut() {
      await http.post("logout/");
      return whoami();
    },
  };
}
