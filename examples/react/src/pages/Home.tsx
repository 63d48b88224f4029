import { SignedIn, SignedOut, useUser } from "@cartouche/client/react";
import { Link } from "react-router";

export function Home() {
  const user = useUser();
  return (
    <>
      <h1>{user ? `Welcome, ${user.first_name || user.email}` : "Harbour"}</h1>
      <p>
        A small app that shows what people expect of an account. Open it in a second tab: whoever signs in or out here
        is signed in or out there.
      </p>
      <SignedIn>
        <p>
          <Link to="/devices">See where you are signed in</Link>
        </p>
      </SignedIn>
      <SignedOut>
        <p>
          <Link className="button" to="/sign-up">
            Sign up
          </Link>{" "}
          or <Link to="/sign-in">sign in</Link>
        </p>
      </SignedOut>
    </>
  );
}
