/** One cookie that the browser has to get: the header itself, and its parts as `cookies().set(…)` of frameworks takes them. */
export interface SetCookie {
  /** The whole value of the header Set-Cookie. */
  header: string;
  name: string;
  value: string;
  path?: string;
  maxAge?: number;
  httpOnly?: boolean;
  secure?: boolean;
  sameSite?: "strict" | "lax" | "none";
  partitioned?: boolean;
}

/** Reads a Set-Cookie of the auth server, and keeps it in a jar for the next request. */
export function applySetCookie(jar: Map<string, string>, header: string): SetCookie {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const at = pair.indexOf("=");
  const cookie: SetCookie = { header, name: pair.slice(0, at), value: pair.slice(at + 1) };
  for (const attribute of attributes) {
    const [key = "", value = ""] = attribute.split("=");
    switch (key.toLowerCase()) {
      case "path":
        cookie.path = value;
        break;
      case "max-age":
        cookie.maxAge = Number(value);
        break;
      case "httponly":
        cookie.httpOnly = true;
        break;
      case "secure":
        cookie.secure = true;
        break;
      case "samesite":
        cookie.sameSite = value.toLowerCase() as "strict" | "lax" | "none";
        break;
      case "partitioned":
        cookie.partitioned = true;
        break;
    }
  }
  if (cookie.maxAge !== undefined && cookie.maxAge <= 0) jar.delete(cookie.name);
  else jar.set(cookie.name, cookie.value);
  return cookie;
}
