# @TITLE@
# Wants the key in the environment: export PORTICO_KEY=...
# A refused call is repeated, at least as late as Retry-After says; other errors are printed.
curl --fail-with-body --silent --show-error --retry 5 \
  '@URL@' \
  --header '@AUTHORIZATION@' \
  --header 'Content-Type: application/json' \
  --data '@BODY@'
