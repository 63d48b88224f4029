import { useAuth } from "@cartouche/client/react";
import { Link, Navigate } from "react-router";
import { EmailField, Field, Form, PasswordField } from "../form";

export function SignUp() {
  const { status, signUp, signIn } = useAuth();
  if (status === "authenticated") return <Navigate to="/profile" replace />;
  return (
    <>
      <h1>Sign up</h1>
      <Form
        submit="Sign up"
        onSubmit={async ({ email = "", password = "", first_name }) => {
          await signUp({ email, password, first_name });
          await signIn({ email, password });
        }}
      >
        {(error) => (
          <>
            <Field label="First name" name="first_name" autoComplete="given-name" required={false} error={error} />
            <EmailField error={error} />
            <PasswordField label="Password" name="password" fresh error={error} />
          </>
        )}
      </Form>
      <p>
        Already here? <Link to="/sign-in">Sign in</Link>
      </p>
    </>
  );
}
