/* The page of the JSON API: Swagger UI on our document, with the session's CSRF token. */
"use strict";

const place = document.getElementById("api");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    // A token in the header decides alone; the browser's session is sent along anyway.
    request.headers["X-CSRFToken"] = place.dataset.csrfToken;
    return request;
  },
});
