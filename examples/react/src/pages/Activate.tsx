import { useState } from "react";
import { Link, useParams } from "react-router";
import { auth } from "../auth";
import { Form } from "../form";

/** Where the mailed link leads, when the server asks people to prove their address. */
export function Activate() {
  const { uid = "", token = "" } = useParams();
  const [done, setDone] = useState(false);
  return (
    <>
      <h1>Activate your account</h1>
      {done ? (
        <p role="status">
          Your account is active. <Link to="/sign-in">Sign in</Link>
        </p>
      ) : (
        <Form
          submit="Activate"
          explain={(e) => (e.fields || e.code === "forbidden" ? "This link is used or too old." : undefined)}
          onSubmit={async () => {
            await auth.email.verify({ uid, token });
            setDone(true);
          }}
        >
          {() => null}
        </Form>
      )}
    </>
  );
}
