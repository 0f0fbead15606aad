// A household is housed by three programs, each with somebody's key: from the offer to the outcome.
// Parts of it run one after the other, `node story.js PART`; what one has found, the next is told as JSON.

import createClient from "openapi-fetch";
import type { components, paths } from "./accorde.js";

interface Told {
  site: string;
  host: string;
  association: string;
  desk: string;
  today: string;
  lastDay: string;
  need?: string;
  match?: number;
}

const part = process.argv[2];
const told: Told = JSON.parse(process.argv[3] ?? "");

const program = (key: string) =>
  createClient<paths>({ baseUrl: told.site, headers: { Authorization: `Bearer ${key}` } });
const [host, association, desk] = [program(told.host), program(told.association), program(told.desk)];

// What was answered, of the type that the schema says; anything else ends the story.
async function answered<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) {
    throw new Error(`${response.status} ${response.url} ${JSON.stringify(error)}`);
  }
  return data;
}

function only<T>(rows: T[]): T {
  if (rows.length !== 1) {
    throw new Error(`one was expected: ${JSON.stringify(rows)}`);
  }
  return rows[0] as T;
}

async function post(): Promise<Partial<Told>> {
  const me = await answered(association.GET("/api/v1/me/"));
  const found = await answered(host.GET("/api/v1/communes/", { params: { query: { q: "strasb" } } }));
  const commune = only(found.filter((one) => one.name === "Strasbourg"));

  const room: components["schemas"]["NewOfferRequest"] = {
    city: "strasbourg",
    kind: "housing",
    category: "separate_room",
    title: "Chambre au calme",
    commune: commune.insee,
    address: "12 rue des Invités",
    capacity: 3,
    windows: [{ first_day: told.today, last_day: null }],
  };
  const sent = { body: room, params: { header: { "Idempotency-Key": "offer-1" } } };
  const offer = await answered(host.POST("/api/v1/offers/", sent));
  const again = await answered(host.POST("/api/v1/offers/", sent));
  if (again.reference !== offer.reference) {
    throw new Error("the same key has registered two offers");
  }

  const visit = await answered(desk.POST("/api/v1/visits/", { body: { offer: offer.reference } }));
  const of = { params: { path: { id: visit.id } } };
  const answers = (visit.answers ?? []).map((row) => ({ ...row, answer: "yes" as const }));
  await answered(desk.PATCH("/api/v1/visits/{id}/", { ...of, body: { answers, charter_on: told.today } }));
  await answered(desk.POST("/api/v1/visits/{id}/conclude/", of));

  const { results } = await answered(
    association.POST("/api/v1/needs/bulk/", {
      body: {
        rows: [
          {
            key: "case-2417",
            city: "strasbourg",
            kind: "housing",
            title: "Une mère et deux enfants",
            commune: commune.insee,
            reach_km: 10,
            organisation: only(me.organisations).organisation,
            adult_women: 1,
            children_3_to_11: 2,
            first_day: told.today,
            last_day: told.lastDay,
          },
        ],
      },
    }),
  );
  const need = only(results);
  if (need.problem !== null || need.reference === null) {
    throw new Error(JSON.stringify(need.problem));
  }
  return { need: need.reference };
}

async function match(): Promise<Partial<Told>> {
  const query = { need: told.need ?? "" };
  const { id } = only((await answered(desk.GET("/api/v1/matches/", { params: { query } }))).results);
  const of = { params: { path: { id } } };
  await answered(desk.POST("/api/v1/matches/{id}/propose/", { ...of, body: {} }));
  const asked = await answered(host.GET("/api/v1/matches/{id}/", of));
  if (asked.association_contact !== null || !asked.acts.includes("accept")) {
    throw new Error("the host is asked, and reads no contact yet");
  }
  await answered(host.POST("/api/v1/matches/{id}/accept/", of));
  const confirmed = await answered(association.POST("/api/v1/matches/{id}/confirm/", of));
  if (confirmed.citizen_contact?.address !== "12 rue des Invités, Strasbourg") {
    throw new Error("the association reads where to go");
  }
  await answered(association.POST("/api/v1/matches/{id}/start/", of));
  // A refusal has the type that the schema says.
  const { error } = await association.POST("/api/v1/matches/{id}/confirm/", of);
  if (error?.type !== "state") {
    throw new Error(`confirmed twice: ${JSON.stringify(error)}`);
  }
  return { match: id };
}

async function outcome(): Promise<Record<string, unknown>> {
  const query = { match: told.match ?? 0 };
  const asked = await answered(association.GET("/api/v1/follow-ups/", { params: { query } }));
  const { id } = only(asked.results);
  const body = { answer: "took_place" as const };
  await answered(association.POST("/api/v1/follow-ups/{id}/answer/", { params: { path: { id } }, body }));
  const known = await answered(desk.GET("/api/v1/outcomes/", { params: { query } }));

  const events: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await answered(
      association.GET("/api/v1/events/", { params: { query: { limit: 2, ...(cursor && { cursor }) } } }),
    );
    if (page.results.length === 0) break;
    events.push(...page.results.filter((one) => one.data.match === told.match).map((one) => one.type));
    cursor = String(page.results.at(-1)?.id);
  }
  return { outcome: only(known.results).answer, events };
}

const parts: Record<string, () => Promise<object>> = { post, match, outcome };
console.log(JSON.stringify({ ...told, ...(await parts[part ?? ""]?.()) }));
