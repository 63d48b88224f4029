// The front end of the demo page. It does what a good front end does:
//   - the access token lives in this page's memory, never in localStorage, where every injected script could read it for good;
//   - the refresh token lives in an HttpOnly cookie, so a script cannot read it at all;
//   - requests that act under the cookie carry the CSRF token in a header;
//   - a 401 makes it refresh once and try again; a second 401 means that the session is over;
//   - signing out in one tab signs out in all.
// It is one file, in spite of its length, so that it can be read from top to bottom.
const page = document.documentElement.dataset;
const $ = (id) => document.getElementById(id);
const loginField = page.loginField;

// What this page knows. Nothing of it outlives the page.
const known = { access: "", csrf: "", session: null, user: null, life: 0, deadline: 0, receivedAt: 0 };

// --- Talking to the server --------------------------------------------------------------------------------------------------------------

const safe = (method) => method === "GET" || method === "HEAD";

async function send(method, path, body, bearer = true) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (bearer && known.access) headers.Authorization = `Bearer ${known.access}`;
  if (!safe(method) && known.csrf) headers["X-CSRFToken"] = known.csrf;
  try {
    const response = await fetch(page.prefix + path, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
    const text = await response.text();
    const answer = { status: response.status, retryAfter: response.headers.get("Retry-After"), body: parse(text) };
    record(method, page.prefix + path, answer);
    return answer;
  } catch {
    const answer = { status: 0, body: { detail: "The server does not answer. Is it running?" } };
    record(method, page.prefix + path, answer);
    return answer;
  }
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

const good = (answer) => answer.status >= 200 && answer.status < 300;

// call is send for everything that needs an access token.
async function call(method, path, body) {
  const answer = await send(method, path, body);
  if (answer.status !== 401 || !known.session) return answer;
  if (await refresh()) return send(method, path, body);
  return { ...answer, told: !known.session }; // the session is over, and the person knows
}

// refresh gets a new access token for the cookie. Several calls that find the token expired share one refresh.
let refreshing = null;
function refresh() {
  refreshing ??= exchange().finally(() => { refreshing = null; });
  return refreshing;
}

async function exchange() {
  let answer = await send("POST", "refresh/", null, false);
  if (answer.status === 403) { // the CSRF token is of another session: another tab signed in anew
    await readSession();
    answer = await send("POST", "refresh/", null, false);
  }
  if (good(answer)) {
    take(answer.body);
    return true;
  }
  if (answer.status === 401 || answer.status === 403) over("Your session is over. Please sign in again.", true);
  return false; // 409, 429, 503 and a lost connection sign nobody out: try again later
}

// take keeps what a sign-in or a refresh handed out.
function take(grant) {
  known.access = grant.access ?? "";
  known.csrf = grant.csrf_token ?? known.csrf;
  known.session = grant.session ?? known.session;
  known.user = grant.user ?? known.user;
  known.life = grant.access_expires_in * 1000;
  known.receivedAt = performance.now();
  known.deadline = known.receivedAt + known.life;
  show();
}

// knock is send for strangers. Another tab may have got a newer CSRF token, which makes this one's void: then it gets one and tries again, once.
async function knock(path, body) {
  const answer = await send("POST", path, body, false);
  if (answer.status !== 403) return answer;
  await readToken();
  return send("POST", path, body, false);
}

async function readToken() {
  const { body } = await send("GET", "csrf/");
  known.csrf = body?.token ?? "";
}

async function readSession() {
  const { body } = await send("GET", "session/");
  if (!body?.authenticated) return false;
  Object.assign(known, { csrf: body.csrf_token, session: body.session, user: body.user, receivedAt: performance.now() });
  return true;
}

function forget() {
  Object.assign(known, { access: "", csrf: "", session: null, user: null, life: 0, deadline: 0 });
}

// --- Tabs -------------------------------------------------------------------------------------------------------------------------------

const tabs = new BroadcastChannel("cartouche-demo");
tabs.onmessage = ({ data }) => {
  if (data === "signed out" && known.session) over("You signed out in another tab.");
  if (data === "signed in" && !known.session) start("You signed in in another tab.");
};

// --- What people do ---------------------------------------------------------------------------------------------------------------------

async function start(text) {
  forget();
  if (await readSession()) {
    if (await refresh()) {
      await listDevices();
      if (text) tell(text);
    }
    return;
  }
  await readToken();
  show();
}

let signingUp = true;
function setMode(up) {
  signingUp = up;
  $("mode-up").setAttribute("aria-pressed", String(up));
  $("mode-in").setAttribute("aria-pressed", String(!up));
  $("email-row").hidden = !up && loginField !== "email";
  $("password").autocomplete = up ? "new-password" : "current-password";
  $("enter").textContent = up ? "Create account" : "Sign in";
  clearErrors($("entry"));
}

async function enter() {
  const form = $("entry");
  const isNew = signingUp;
  const fields = { [loginField]: $(loginField).value, password: $("password").value };
  if (isNew) {
    const made = await knock("users/", { ...fields, email: $("email").value });
    if (!good(made)) return complain(form, made);
  }
  const answer = await knock("login/", { ...fields, remember: $("remember").checked });
  if (!good(answer)) return complain(form, answer);
  form.reset();
  setMode(false);
  take(answer.body);
  tell(isNew ? "Your account is made, and you are signed in." : "You are signed in.");
  tabs.postMessage("signed in");
  $("person-head").focus();
  await listDevices();
}

async function whoami() {
  const answer = await call("GET", "users/me/");
  if (!good(answer)) return complain(null, answer);
  known.user = answer.body;
  show();
  tell(`The server says: you are ${nameOf(known.user)}.`);
}

async function refreshNow() {
  const before = known.access;
  if (!(await refresh())) return;
  tell(known.access && known.access === before ? "Nothing new." : "There is a new access token. The old one works until its time is over.");
}

async function leave() {
  let answer = await send("POST", "logout/", null, false);
  if (answer.status === 403 && (await readSession())) answer = await send("POST", "logout/", null, false);
  if (!good(answer)) return complain(null, answer);
  tabs.postMessage("signed out");
  over("You are signed out, here and in all tabs.");
}

// over shows the form again. The session has ended on the server already.
async function over(text, bad = false) {
  if (bad) tabs.postMessage("signed out");
  forget();
  setMode(false);
  show();
  tell(text, bad);
  $("stranger-head").focus();
  await readToken();
}

async function listDevices() {
  const answer = await call("GET", "sessions/");
  if (!good(answer)) return complain(null, answer);
  $("device-list").replaceChildren(...answer.body.map(device));
  $("others").hidden = answer.body.length < 2;
}

async function endDevice(session) {
  const answer = await call("DELETE", `sessions/${session.id}/`);
  if (!good(answer)) return complain(null, answer);
  if (session.current) {
    tabs.postMessage("signed out");
    return over("You ended this session yourself, so you are signed out.");
  }
  await listDevices();
  tell("That device is signed out, at once.");
  $("devices-again").focus();
}

async function endOthers() {
  const answer = await call("POST", "sessions/revoke_others/");
  if (!good(answer)) return complain(null, answer);
  await listDevices();
  tell(`${answer.body.ended} other ${answer.body.ended === 1 ? "session has" : "sessions have"} ended.`);
}

async function changePassword() {
  const form = $("change");
  const answer = await call("POST", "users/set_password/", { current_password: $("current_password").value, new_password: $("new_password").value });
  if (!good(answer)) return complain(form, answer);
  form.reset();
  form.closest("details").open = false;
  tell("The password is changed. All other devices are signed out; you are not.");
  await listDevices();
}

// --- What people see --------------------------------------------------------------------------------------------------------------------

const nameOf = (user) => user?.username || user?.email || "signed in";

function show() {
  const inside = Boolean(known.session);
  $("stranger").hidden = inside;
  for (const id of ["person", "devices", "secret"]) $(id).hidden = !inside;
  if (!inside) return;
  $("name").textContent = nameOf(known.user);
  $("change-name").value = nameOf(known.user);
  const facts = [
    ["Email", known.user?.email],
    ["User id", known.user?.id],
    ["Session", `${known.session.id.slice(0, 12)}…`],
    ["Ends unused in", span(known.session.idle_expires_in)],
    ["Ends anyway in", span(known.session.absolute_expires_in)],
  ];
  $("facts").replaceChildren(...facts.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", name), make("dd", String(value))]));
  tick();
}

function tick() {
  if (!known.session) return;
  const left = Math.max(0, known.deadline - performance.now());
  const seconds = Math.ceil(left / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const where = known.access ? "Access token" : "Access token (in a cookie that scripts cannot read)";
  $("clock-text").textContent = left ? `${where}: ${clock} left` : `${where}: expired. The next call refreshes it.`;
  $("clock-bar").value = known.life ? left / known.life : 0;
}
setInterval(tick, 1000);

function device(session) {
  const text = make("div");
  text.append(make("p", browserOf(session.user_agent) + (session.current ? " (this one)" : "")));
  text.append(make("p", `${session.address || "unknown address"} · signed in ${moment(session.created_at)}`, "quiet"));
  const end = make("button", "End");
  end.type = "button";
  end.setAttribute("aria-label", `End the session of ${browserOf(session.user_agent)}, signed in ${moment(session.created_at)}`);
  end.onclick = busy(end, () => endDevice(session));
  const item = make("li");
  item.append(text, end);
  return item;
}

function browserOf(agent) {
  const browser = ["Firefox", "Edg", "OPR", "HeadlessChrome", "Chrome", "Safari", "curl"].find((name) => agent.includes(name));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((name) => agent.includes(name));
  const names = { Edg: "Edge", OPR: "Opera", HeadlessChrome: "Chrome", "Mac OS": "macOS" };
  return [browser, system].filter(Boolean).map((name) => names[name] ?? name).join(" on ") || agent.slice(0, 40) || "Unknown device";
}

const moment = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function span(seconds) {
  for (const [size, name] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
    if (seconds >= size) {
      const n = Math.round(seconds / size);
      return `${n} ${name}${n === 1 ? "" : "s"}`;
    }
  }
  return `${seconds} seconds`;
}

function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function tell(text, bad = false) {
  $("notice").textContent = text;
  $("notice").classList.toggle("bad", bad);
  $("notice").hidden = false;
}

function clearErrors(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const line of form.querySelectorAll(".error")) line.textContent = "";
}

// complain puts what the server says beside the fields that it names, and the rest above.
function complain(form, { status, body, retryAfter, told }) {
  if (told) return;
  const rest = [];
  let first = null;
  for (const [name, value] of Object.entries(body ?? {})) {
    const text = [value].flat().join(" ");
    const field = form?.elements.namedItem(name);
    if (field) {
      field.setAttribute("aria-invalid", "true");
      $(`${name}-error`).textContent = text;
      first ??= field;
    } else if (name !== "code") {
      rest.push(text);
    }
  }
  if (status === 429 && retryAfter) rest.push(`Try again in ${span(Number(retryAfter))}.`);
  tell(rest.join(" ") || (first ? "Please look at the marked fields." : `The server answered ${status}.`), true);
  first?.focus();
}

// --- The log ----------------------------------------------------------------------------------------------------------------------------

function record(method, path, answer) {
  const line = make("summary");
  const what = make("span", "", "what");
  what.append(make("code", `${method} ${path}`));
  line.append(make("span", answer.status || "lost", `status ${good(answer) ? "good" : "bad"}`), what, make("span", new Date().toLocaleTimeString(), "time"));
  const details = make("details");
  details.append(line, make("pre", answer.body === null ? "(no body)" : JSON.stringify(answer.body, shorten, 2)));
  const item = make("li");
  item.append(details);
  for (const other of $("calls").querySelectorAll("details")) other.open = false;
  details.open = true;
  $("calls").prepend(item);
  while ($("calls").children.length > 30) $("calls").lastChild.remove();
  $("log-empty").hidden = true;
}

// shorten keeps whole tokens off the screen, where they would end in screenshots.
const tokens = ["access", "refresh", "token", "csrf_token", "access_token", "refresh_token"];
function shorten(name, value) {
  return tokens.includes(name) && typeof value === "string" && value.length > 16 ? `${value.slice(0, 10)}… (${value.length} characters)` : value;
}

// --- Wiring -----------------------------------------------------------------------------------------------------------------------------

// busy keeps an impatient second click from doing everything twice.
function busy(button, work) {
  return async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      await work();
    } finally {
      button.disabled = false;
    }
  };
}

$("mode-up").onclick = () => setMode(true);
$("mode-in").onclick = () => setMode(false);
for (const [id, work] of [["entry", enter], ["change", changePassword]]) {
  const form = $(id);
  const submit = busy(form.querySelector(".main"), work);
  form.onsubmit = (event) => {
    clearErrors(form);
    return submit(event);
  };
}
const clicks = { whoami, refresh: refreshNow, leave, "devices-again": listDevices, others: endOthers };
for (const [id, work] of Object.entries(clicks)) $(id).onclick = busy($(id), work);
$("log-clear").onclick = () => {
  $("calls").replaceChildren();
  $("log-empty").hidden = false;
};

start();
