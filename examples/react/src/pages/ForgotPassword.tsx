import { useState } from "react";
import { auth } from "../auth";
import { EmailField, Form } from "../form";

export function ForgotPassword() {
  const [sent, setSent] = useState(false);
  return (
    <>
      <h1>Forgot your password?</h1>
      {sent ? (
        <p role="status">If there is an account with this address, a link is on its way. It works for half an hour.</p>
      ) : (
        <Form
          submit="Send me a link"
          onSubmit={async ({ email = "" }) => {
            await auth.password.requestReset(email);
            setSent(true);
          }}
        >
          {(error) => <EmailField error={error} />}
        </Form>
      )}
    </>
  );
}
