// The frame of the front ends: each is a module that signs in, asks who it is, and signs out, in the way of its own system.
const query = new URLSearchParams(location.search);
const { open } = await import(`./dialects/${query.get("as")}.js`);
const says = document.querySelector("#says");
const form = document.querySelector("form");
const front = await open(query.get("api"));

// Says what an action came to: who is signed in, or that nobody is.
async function act(action) {
  says.textContent = "…";
  try {
    says.textContent = (await action()) ?? "nobody";
  } catch (error) {
    says.textContent = `failed: ${error.message}`;
    throw error;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  act(() => front.signIn({ ...Object.fromEntries(new FormData(form)), remember: form.remember.checked }));
});
document.querySelector("#who").addEventListener("click", () => act(front.whoami));
document.querySelector("#out").addEventListener("click", () => act(front.signOut));
await act(front.start ?? front.whoami);
