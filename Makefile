# Every path below is relative, so that the checkout may lie anywhere, spaces and accents included.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# The newest Python that this machine calls by name, 3.11 at least; bootstrap.py says so when there is none.
SYSTEM_PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && exit; done; echo python3)
# More words for a command: make test ARGS="tests/offers -k pause"
ARGS ?=
# Another day and hour for the tests, in the towns' time: make test CLOCK="2027-07-14 23:55"
CLOCK ?=

.PHONY: help
help: ## Montre cette aide
	@grep -hE '^[a-z]+:.*## ' Makefile | sort | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: demo
demo: ## Lance Accorde avec ses villes de démonstration ; Ctrl-C arrête tout
	@$(SYSTEM_PYTHON) config/bootstrap.py
	@$(PY) manage.py translations --compile
	@exec $(PY) -m config.run demo

.PHONY: dev
dev: setup ## Lance Accorde pour le développement ; tout se recharge à chaque changement
	@exec $(PY) -m config.run dev

.PHONY: setup
setup: ## Installe l'environnement de développement dans .venv
	@$(SYSTEM_PYTHON) config/bootstrap.py --dev
	@$(PY) manage.py translations --compile

.PHONY: test
test: ## Lance tous les tests, navigateur compris (ARGS="tests/offers -k pause" pour choisir)
	@$(SYSTEM_PYTHON) config/bootstrap.py --dev --browser
	@$(PY) manage.py translations --compile
	$(if $(CLOCK),$(PY) -m tests.clock "$(CLOCK)") $(PY) -m pytest $(or $(ARGS),-n auto --maxprocesses 4)

.PHONY: drills
drills: ## Casse le courtier, le serveur d'e-mail, l'horloge, avec de vrais processus, et compte ce qui reste (SECONDS=600 pour casser au hasard pendant dix minutes, APPROVALS=10000 pour tant de décisions à la fois)
	@$(if $(SECONDS),ACCORDE_DRILL_SECONDS=$(SECONDS)) $(if $(APPROVALS),ACCORDE_DRILL_APPROVALS=$(APPROVALS)) $(MAKE) test ARGS="$(or $(ARGS),tests/drills)"

.PHONY: fuzz
fuzz: ## Envoie à chaque page et à l'API ce que personne ne veut envoyer, et cherche une erreur du serveur (CASES=100000)
	@ACCORDE_FUZZ_CASES=$(or $(CASES),5000) $(MAKE) test ARGS="$(or $(ARGS),-n 2 tests/fuzz tests/api/test_schema.py)"

.PHONY: check
check: setup ## Vérifie la mise en forme, les types, les frontières, les migrations, les traductions, la production
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	.venv/bin/djangofmt --check --quiet .
	$(PY) -m pytest --quiet --noconftest tests/look/test_source.py
	$(PY) -m mypy .
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py translations --check
	@$(call requirements,$(in_production)) | diff -u requirements.txt - || { echo 'requirements.txt : lancez make lock'; exit 1; }
	@$(call requirements,--no-group dev) | diff -u requirements-demo.txt - || { echo 'requirements-demo.txt : lancez make lock'; exit 1; }
	@$(call requirements) | diff -u requirements-dev.txt - || { echo 'requirements-dev.txt : lancez make lock'; exit 1; }
	@$(PY) -m config.packages bill >/dev/null
	@$(PY) -m config.packages audit
	@env -i PATH="$$PATH" $(production) $(PY) manage.py check --deploy --fail-level WARNING

.PHONY: sbom
sbom: setup ## Écrit var/sbom.json : ce qui est installé chez une ville, au format CycloneDX
	@mkdir -p var
	$(PY) -m config.packages bill > var/sbom.json

.PHONY: audit
audit: setup ## Cherche les failles connues de ce qui est installé chez une ville ; hors ligne, le dit
	$(PY) -m config.packages audit

.PHONY: format
format: setup ## Met en forme le code et les gabarits
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	.venv/bin/djangofmt --quiet .

.PHONY: bench
bench: setup ## Mesure le moteur et les pages à côté de requêtes simples (ARGS="--size L" : tout un pays ; docs/figures.md)
	$(PY) -m bench $(ARGS)

.PHONY: simulate
simulate: setup ## Rejoue l'année d'une ville et écrit docs/simulation.md (ARGS="--towns ville --seeds 5 --print" ; docs/simulation.md)
	$(PY) -m simulation $(ARGS)

.PHONY: mutants
mutants: setup ## Change le code par endroits et compte ce que les tests voient (ARGS=--all, ARGS=engine/rules.py)
	$(PY) -m tests.mutants $(ARGS)

.PHONY: screenshots
screenshots: setup ## Prend les images du README et des guides sur la démonstration en marche (ARGS=http://127.0.0.1:8000)
	$(PY) -m config.screenshots $(ARGS)

.PHONY: lock
lock: setup ## Résout les dépendances et réécrit uv.lock et requirements*.txt
	$(PY) -m uv lock
	$(call requirements,$(in_production)) > requirements.txt
	$(call requirements,--no-group dev) > requirements-demo.txt
	$(call requirements) > requirements-dev.txt

.PHONY: clean
clean: ## Efface l'environnement et les données de ce dossier (démonstration comprise)
	@if [ -x $(PY) ]; then $(PY) -m config.embedded --forget; fi
	rm -rf .venv var staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What a town's server has: neither the tools nor the servers for a first evening.
in_production = --no-default-groups --group server
requirements = $(PY) -m uv export --frozen --quiet --no-header --no-annotate --no-emit-project $(1)

# A town's settings, invented: what `check --deploy` needs to judge the rest.
production = ACCORDE_MODE=production SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
	FIELD_KEYS=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(32))') \
	FIELD_INDEX_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(32))') \
	ALLOWED_HOSTS=accorde.ville.example SITE_URL=https://accorde.ville.example \
	EMAIL_HOST=mail.ville.example DEFAULT_FROM_EMAIL=accorde@ville.example \
	LEGAL_PUBLISHER=Ville LEGAL_DIRECTOR=Maire LEGAL_HOST=Centre LEGAL_CONTACT=01 LEGAL_DPO=dpo@ville.example \
	DATABASE_URL=postgresql://accorde@127.0.0.1:1/accorde REDIS_URL=redis://127.0.0.1:1/0
