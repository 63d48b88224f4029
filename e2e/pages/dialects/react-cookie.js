// The React tutorial: axios with credentials, and the names of Django's CSRF cookie and header in axios's settings.
import axios from "/vendor/axios.js";

export function open(api) {
  const http = axios.create({
    baseURL: api,
    withCredentials: true,
    withXSRFToken: true,
    xsrfCookieName: "csrftoken",
    xsrfHeaderName: "X-CSRFToken",
    validateStatus: () => true,
  });

  async function whoami() {
    let answer = await http.get("/user/");
    if (answer.status === 401 && (await http.post("/refresh/")).status === 200) answer = await http.get("/user/");
    return answer.status === 200 ? answer.data.username : null;
  }

  return {
    whoami,
    async signIn({ username, password }) {
      const answer = await http.post("/login/", { username, password });
      if (answer.status === 404 && answer.data.Invalid) return "refused";
      return answer.data.Success === "Login successfully" ? whoami() : null;
    },
    async signOut() {
      await http.post("/logout/");
      return whoami();
    },
  };
}
