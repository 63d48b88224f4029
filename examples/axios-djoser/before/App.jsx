import { useEffect, useState } from "react";
import { api, isSignedIn, signIn, signOut } from "./api";

export function App() {
  const [inside, setInside] = useState(isSignedIn);
  const leave = () => {
    signOut();
    setInside(false);
  };
  return inside ? <Account onLeave={leave} /> : <SignIn onEnter={() => setInside(true)} />;
}

function SignIn({ onEnter }) {
  const [message, setMessage] = useState("");
  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await signIn(form.get("username"), form.get("password"));
      onEnter();
    } catch (error) {
      setMessage(error.response?.data?.detail ?? "The server cannot be reached.");
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

function Account({ onLeave }) {
  const [user, setUser] = useState(null);
  useEffect(() => {
    api.get("/users/me/").then(({ data }) => setUser(data));
  }, []);
  return (
    <>
      <p>You are {user?.username}.</p>
      <button type="button" onClick={onLeave}>
        Sign out
      </button>
    </>
  );
}
