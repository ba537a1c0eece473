"""`python -m infra.cdk synth|diff|deploy|destroy`, for the city that CITY names. What `make synth CITY=linyi` runs."""

import sys

from infra.cdk.main import main

sys.exit(main(sys.argv[1:]))
