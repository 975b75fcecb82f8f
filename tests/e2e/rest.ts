// The REST API: by the workspace's token, to bring about what a test starts from; and through a
// page's session, to ask the server what the page asks it.

import type { Page } from "@playwright/test";
import type { Demo } from "./server.ts";

export interface Service {
  workspace_id: string;
  service_id: string;
}

/** An endpoint that a test made for itself. */
export interface Made extends Service {
  name: string;
  url: string;
  /** The address of its page. */
  path: string;
  primary: string;
  secondary: string;
}

/** The demo's service of this name, and the address of its page. */
export function service(demo: Demo, name = "Penguin species"): Service & { path: string } {
  const found = demo.endpoints.find(({ service }) => service === name);
  if (!found) throw new Error(`the demo has no service ${name}`);
  return { ...found, path: `/workspaces/${found.workspace_id}/services/${found.service_id}` };
}

/** The demo's endpoint of this name, and the address of its page. */
export function endpoint(demo: Demo, name: string): Demo["endpoints"][number] & { path: string } {
  const { service_id, path } = service(demo);
  const found = demo.endpoints.find((endpoint) => endpoint.service_id === service_id && endpoint.name === name);
  if (!found) throw new Error(`the demo has no endpoint ${name}`);
  return { ...found, path: `${path}/endpoints/${name}` };
}

/** Makes an endpoint; its settings are the defaults besides those given. */
export async function add(origin: string, demo: Demo, to: Service, name: string, settings = {}): Promise<Made> {
  const path = `/workspaces/${to.workspace_id}/services/${to.service_id}/endpoints`;
  const response = await fetch(`${origin}/api/v1${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${demo.workspace_token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ name, ...settings }),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  const { endpoint, keys } = await response.json();
  return { ...to, name, url: endpoint.urls.request_response, path: `${path}/${name}`, ...keys };
}

/** Reads by the workspace's token. */
export async function get<T>(origin: string, demo: Demo, path: string): Promise<T> {
  const response = await fetch(`${origin}/api/v1${path}`, {
    headers: { Authorization: `Bearer ${demo.workspace_token}` },
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

export interface Reply {
  status: number;
  etag: string | null;
  // The shape differs from route to route; what a test expects of it, it says.
  body: any;
}

/** Sends a request from the page itself, with its session. */
export function inSession(
  page: Page,
  method: "GET" | "POST" | "PATCH",
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return page.evaluate(
    async ({ method, path, body, headers }) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`/api/v1${path}`, {
        method,
        headers: { "Content-Type": "application/json", ...headers },
        ...sent,
      });
      const text = await response.text();
      return {
        status: response.status,
        etag: response.headers.get("etag"),
        body: text === "" ? null : JSON.parse(text),
      };
    },
    { method, path, body, headers },
  );
}
