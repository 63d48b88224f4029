import { isAuthError } from "@cartouche/client";
import { AuthProvider, RequireAuth, useAuth } from "@cartouche/client/react";
import { useEffect, useState } from "react";
import { api, auth } from "./api";

export function App() {
  return (
    <AuthProvider client={auth}>
      <RequireAuth fallback={<SignIn />}>
        <Account />
      </RequireAuth>
    </AuthProvider>
  );
}

function SignIn() {
  const { signIn } = useAuth();
  const [message, setMessage] = useState("");
  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await signIn({ username: form.get("username"), password: form.get("password") });
    } catch (error) {
      if (!isAuthError(error)) throw error;
      setMessage(error.code === "network" ? "The server cannot be reached." : error.message);
    }
  }
  return (
    <form onSubmit={submit}>
      <label>
        Username <input name="username" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
      <p role="alert">{message}</p>
    </form>
  );
}

function Account() {
  const { signOut } = useAuth();
  const [user, setUser] = useState(null);
  useEffect(() => {
    api.get("/users/me/").then(({ data }) => setUser(data));
  }, []);
  return (
    <>
      <p>You are {user?.username}.</p>
      <button type="button" onClick={() => signOut()}>
        Sign out
      </button>
    </>
  );
}
