/* Starts the viewer of the API's document. A try-out goes to this server with the reader's own session and the page's token against forgery. */
(function () {
  "use strict";
  var place = document.getElementById("docs");
  window.SwaggerUIBundle({
    dom_id: "#docs",
    url: place.dataset.document,
    layout: "BaseLayout",
    deepLinking: true,
    validatorUrl: null,
    requestInterceptor: function (request) {
      request.headers["X-CSRFToken"] = place.dataset.token;
      return request;
    },
  });
})();
