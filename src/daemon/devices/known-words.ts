// The words that names may be made of when they leave this device: what published models are called, and the tools that the
// agents come with. A name with any other word in it might be somebody's own.

/** Every agent that has a source. */
export const AGENTS = wordsOf('claude-code codex')

/** Words of the names of published models, their makers and sellers. All of the price table's are here: a test holds that. */
export const MODEL_WORDS = wordsOf(`
  accounts ada aetherwiing agent agentica agi ai aion air airoboros airx aisingapore alfredpros all
  allenai alpaca alpindale amazon anthracite anthropic anthropics anubis apac apply arcee arliai assistant
  astra au audio austism auto awq aws aya azure baai babbage baidu baind base baseten basic batch bedrock
  beta bge bharat bison blitz build bytedance caller capybara celeste cerebras cf chat chatgpt chimera
  chronos claude clip cloudflare code codechat codellama coder codestral codex cogito
  cognitivecomputations cohere command composer computer content context copilot curie cursor cydonia
  davinci deep deepcoder deepcogito deephermes deepinfra deepseek default dense dev devstral distilbert
  distill dobby dolphin dpo ds dwq edge edition electra eleutherai embed embedding en ernie essentialai eu
  euryale eva exacto exp expanse experimental express extended fable fast featherless fimbulvetr finance
  fireworks flash flashx free ft garage gemini gemma github glm global goliath google gov gpt granite grok
  groq gryphe guard haiku hanami hands heavy her hermes hessian hf high highspeed huggingface huggingfaceh
  hunyuan hyperbolic ibm image inception incite inclusionai indic indictrans infermatic inferor inflection
  inkling instant instruct int intellect internvl it jamba jev jondurbin jp jt kat kimi kwaipilot labs
  laguna large latest latitudegames law learnlm lfm light ling lion liquid lite litellm live llama llemma
  lm lmstudio lmsys long low lumimaid luna lunaris lyria maas maestro magistral magnum mai mamba mancer
  maverick max medium mercury meta micro microsoft midnight mimo mini minimax ministral mistral mistralai
  mixtral mlx mn models moderation moe molmo moondream moonlight moonshot moonshotai morph multi
  multilingual multimodal mythalion mythomax nano nebius nemo nemotron neversleep nex next nexusflow
  nexusraven nim non none noromaid nothingiisreal nous nousresearch nova novita nvfp nvidia ocr ollama
  olmo olympiccoder omni one online open openai openchat openhands openhermes openorca openrouter opus
  orca org oss pairrm palm palmyra perceptron perplexity pfnet phi pi picker pixtral plamo platypus plus
  poolside premier preview prime pro productivity prover pygmalionai quant qwen qwerky qwq raifle realtime
  reasoner reasoning redpajama regional reka rekaai relace remm replicate reranker research ring rnj
  rocinante rogue rose router rp rpr rumination saba safeguard safety sambanova sao sarvam scb scout sea
  search seed sft shisa skyfall slerp small snorkel snorkelai sol solar solidity sonar sonic sonnet
  sophosympatheia sorcererlm specdec spotlight sst starcannon steelskull step stepfun stripedhyena super
  switchpoint tars teknium tencent terminus terra text thedrummer think thinking thudm tiny titan together
  togethercomputer tool toppy transcribe trinity tts turbo typhoon ui ultra undi unhinged unit unslopnemo
  upstage us use valkyrie venice vercel versatile vertex vertexai vicuna virtuoso vision vl voice voxtral
  voyage voyageai wayfarer weaver whisper wizardlm workers writer xhigh xiaomi xs xwin yi zai zephyr zero
  zhipuai
`)

/** Tools that Claude Code, Codex and Gemini CLI come with. A tool from anywhere else may be named after what it is for. */
export const BUILT_IN_TOOLS = wordsOf(`
  Agent AskUserQuestion Bash BashOutput Brief Config CronCreate CronDelete CronList Edit EnterPlanMode EnterWorktree
  ExitPlanMode ExitWorktree Glob Grep KillBash KillShell LS LSP ListMcpResourcesTool Monitor MultiEdit NotebookEdit
  NotebookRead PowerShell Read ReadMcpResourceTool RemoteTrigger ScheduleWakeup SendMessage Skill SlashCommand Sleep
  StructuredOutput Task TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TeamCreate TeamDelete TodoRead
  TodoWrite ToolSearch WebFetch WebSearch Write advisor bash_code_execution code_execution
  str_replace_based_edit_tool str_replace_editor text_editor_code_execution web_fetch
  apply_patch artifacts assign_task close_agent container.exec create_goal custom_tool exec_command followup_task
  function get_goal grep_files image_generation js_repl js_repl_reset list_agents list_dir
  list_mcp_resource_templates list_mcp_resources local_shell multi_tool_use.parallel read_file read_mcp_resource
  report_agent_job_result request_permissions request_user_input resume_agent send_input send_message shell
  shell_command spawn_agent spawn_agents_on_csv tool_search tool_suggest unified_exec update_goal update_plan
  view_image wait wait_agent web_search write_stdin
  glob google_web_search list_directory read_many_files replace run_shell_command save_memory search_file_content
  write_file write_todos
`)

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
