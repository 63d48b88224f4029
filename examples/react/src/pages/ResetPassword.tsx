import { useState } from "react";
import { Link, useParams } from "react-router";
import { auth } from "../auth";
import { Form, PasswordField } from "../form";

/** Where the mailed link leads. Looking at it changes nothing, so a mail scanner cannot use it up. */
export function ResetPassword() {
  const { uid = "", token = "" } = useParams();
  const [done, setDone] = useState(false);
  if (done) {
    return (
      <>
        <h1>New password</h1>
        <p role="status">
          Your password is changed, and every device is signed out. <Link to="/sign-in">Sign in</Link>
        </p>
      </>
    );
  }
  return (
    <>
      <h1>New password</h1>
      <Form
        submit="Set password"
        explain={(e) =>
          e.fields?.token || e.fields?.uid ? "This link is used or too old. Ask for a new one below." : undefined
        }
        onSubmit={async ({ new_password = "" }) => {
          await auth.password.confirmReset({ uid, token, next: new_password });
          setDone(true);
        }}
      >
        {(error) => <PasswordField label="New password" name="new_password" fresh error={error} />}
      </Form>
      <p>
        <Link to="/forgot-password">Send me a new link</Link>
      </p>
    </>
  );
}
