// The same package from CommonJS.
import client = require("@cartouche/client");
import axiosEntry = require("@cartouche/client/axios");
import doctor = require("@cartouche/client/doctor");
import native = require("@cartouche/client/native");
import profiles = require("@cartouche/client/profiles");
import react = require("@cartouche/client/react");
import server = require("@cartouche/client/server");
import testing = require("@cartouche/client/testing");
import vue = require("@cartouche/client/vue");
import axios = require("axios");

const auth: client.Auth = client.createAuth({ baseUrl: "https://api.example.com/auth" });
axiosEntry.withAuth(axios.create(), auth).eject();
export const parts = [
  doctor.explain,
  native.secureStore,
  react.useAuth,
  server.createVerifier,
  testing.createFakeServer,
  vue.useAuth,
];
// @ts-expect-error: there is nothing of that name
client.createClient;
