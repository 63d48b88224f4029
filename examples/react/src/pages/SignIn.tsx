import type { AuthError, EndReason } from "@cartouche/client";
import { useAuth } from "@cartouche/client/react";
import { Link, Navigate, useLocation } from "react-router";
import { EmailField, Form, PasswordField } from "../form";

/** Why somebody who was signed in sees this page. What the app did by itself needs no words. */
const endings: Partial<Record<EndReason, string>> = {
  ended_by_user: "You signed this device out from another one.",
  ended_by_operator: "An administrator ended your session.",
  password_changed: "Your password was changed, so please sign in again.",
  user_disabled: "This account is disabled.",
  compromised: "Somebody else used your session, so we ended it. Please sign in again and look at your devices.",
  evicted: "You signed in on many devices, so the least recent one was signed out.",
  expired_idle: "You were away for a while. Please sign in again.",
  expired_absolute: "It has been a long time. Please sign in again.",
};

export function SignIn() {
  const { status, reason, signIn } = useAuth();
  const from = (useLocation().state as { from?: string } | null)?.from ?? "/profile";
  if (status === "authenticated") return <Navigate to={from} replace />;
  const ending = reason && endings[reason];
  return (
    <>
      <h1>Sign in</h1>
      {ending && <p className="banner">{ending}</p>}
      <Form
        submit="Sign in"
        explain={explain}
        onSubmit={async ({ email = "", password = "", remember }) => {
          await signIn({ email, password, remember: remember === "on" });
        }}
      >
        {(error) => (
          <>
            <EmailField error={error} />
            <PasswordField label="Password" name="password" error={error} />
            <label className="check">
              <input type="checkbox" name="remember" /> Stay signed in on this device
            </label>
          </>
        )}
      </Form>
      <p>
        <Link to="/forgot-password">Forgot your password?</Link> New here? <Link to="/sign-up">Sign up</Link>
      </p>
    </>
  );
}

function explain(error: AuthError): string | undefined {
  return error.code === "invalid_credentials" ? "E-mail or password is wrong." : undefined;
}
